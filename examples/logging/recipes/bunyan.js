import { requestFields } from '@request-context/logging';
import bunyan from 'bunyan';

/** Is given each record while the log call is made, those of child loggers too. */
const stdout = {
  /** @param {object} record */
  write(record) {
    const line = { ...requestFields(), ...record };
    process.stdout.write(`${JSON.stringify(line, bunyan.safeCycles())}\n`);
  },
};

export const logger = bunyan.createLogger({
  name: 'shop',
  streams: [{ type: 'raw', stream: stdout }],
});

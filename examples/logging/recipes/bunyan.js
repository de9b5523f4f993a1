import { requestFields } from '@request-context/logging';
import bunyan from 'bunyan';

/** Receives each record during the log call, records of child loggers included. */
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

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..');

it('work alike as ES module, as CommonJS and as both in one process', () => {
  const program = `
    import { createRequire } from 'node:module';
    import { context } from '@request-context/express';
    import { requestFields } from '@request-context/logging';
    import { patchConsole } from '@request-context/logging/console';
    import { requestContextMixin } from '@request-context/logging/pino';
    import { requestContextFormat } from '@request-context/logging/winston';
    import winston from 'winston';
    const require = createRequire(import.meta.url);
    const root = require('@request-context/logging');
    const pino = require('@request-context/logging/pino');
    const morgan = require('@request-context/logging/morgan');
    const other = require('@request-context/logging/winston');
    const { log } = console;
    const undos = [patchConsole(), require('@request-context/logging/console').patchConsole()];
    const { combine, json } = winston.format;
    const logger = winston.createLogger({
      format: combine(requestContextFormat(), other.requestContextFormat({ keys: { requestId: 'id' } }), json()),
      transports: [new winston.transports.Console()],
    });
    context.run({ requestId: 'myid' }, () => {
      console.log(JSON.stringify([requestFields(), root.requestFields()]));
      console.log(JSON.stringify([requestContextMixin()(), pino.requestContextMixin()()]));
      logger.info('saved');
    });
    for (const undo of undos) undo();
    console.log(console.log === log, typeof morgan.requestIdToken);`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(output.split('\n')).toEqual([
    '[myid] [{"requestId":"myid"},{"requestId":"myid"}]',
    '[myid] [{"requestId":"myid"},{"requestId":"myid"}]',
    '{"id":"myid","level":"info","message":"saved","requestId":"myid"}',
    'true function',
    '',
  ]);
});

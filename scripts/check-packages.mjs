// Packs each public package and checks the tarball: publint checks what package.json promises, attw (Are The Types
// Wrong) that each module format finds its types.

import { execSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'check-packages-'));
const attw = join(import.meta.dirname, 'node_modules/@arethetypeswrong/cli/dist/index.js');
let problems = 0;

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// In a shell: on Windows, npx is a script.
execSync(
  `npx -y ${packageManager} -r --filter "./packages/*" pack --pack-destination "${folder}"`,
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  },
);

for (const file of readdirSync(folder)) {
  const tarball = readFileSync(join(folder, file));
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(tarball).buffer },
    strict: true,
  });
  for (const message of messages) console.error(`${file}: publint: ${formatMessage(message, pkg)}`);
  const { status, stdout } = spawnSync(process.execPath, [attw, join(folder, file)], {
    encoding: 'utf8',
  });
  if (status !== 0) console.error(`${file}: attw:\n${stdout}`);
  problems += messages.length + (status === 0 ? 0 : 1);
  console.log(`${file}: ${messages.length === 0 && status === 0 ? 'ok' : 'see above'}`);
}
process.exitCode = problems === 0 ? 0 : 1;

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder to serve, with `public/file.txt` in it. */
export const publicFolder: string = mkdtempSync(join(tmpdir(), 'conformance-'));
mkdirSync(join(publicFolder, 'public'));
writeFileSync(join(publicFolder, 'public', 'file.txt'), 'a static file');

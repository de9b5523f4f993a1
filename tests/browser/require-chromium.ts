import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Where Debian's package puts it. */
export const chromiumPath = '/usr/bin/chromium';

/** Makes sure that there is a browser: a run without one must fail, not pass. */
export default function requireChromium(): void {
  if (existsSync(chromiumPath)) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      `There is no ${chromiumPath}. Install it: sudo apt-get install --no-install-recommends chromium`,
    );
  }
  const options = { stdio: 'inherit' } as const;
  execFileSync('apt-get', ['update'], options);
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
}

import { readdir } from 'node:fs/promises';
import { expect, onTestFinished, vi } from 'vitest';
import { Child } from '../../kit/child.js';

/** What the server reports about itself after garbage collection. */
export interface Measured {
  heap: number;
  right: number;
  wrong: number;
  alive: number;
}

/** A server in another process, which ends with the test. */
export class LoadedServer extends Child {
  port = 0;
  #descriptors: number | undefined;

  /** @param attached - Whether the server is attached and rejects invalid ids. */
  constructor(adapter: string, attached = false) {
    const args = attached ? [adapter, 'attached'] : [adapter];
    super(new URL('./server.js', import.meta.url), args, {
      silent: true,
      execArgv: ['--expose-gc', '--unhandled-rejections=strict'],
    });
    onTestFinished(() => this.end());
  }

  async start(): Promise<void> {
    const { url } = await this.reply();
    this.port = Number(new URL(url).port);
    this.#descriptors = await this.#countDescriptors();
  }

  /** Returns the number of open descriptors of the process; undefined where there is no /proc. */
  async #countDescriptors(): Promise<number | undefined> {
    if (process.platform !== 'linux') return undefined;
    return (await readdir(`/proc/${this.pid}/fd`)).length;
  }

  /** Waits until the server holds no more descriptors than at its start, though its clients may stay. */
  async waitUntilIdle(): Promise<void> {
    const nothingOpen = { connections: 0, descriptors: this.#descriptors };
    await vi.waitFor(
      async () => {
        const { connections } = await this.ask('count');
        expect({ connections, descriptors: await this.#countDescriptors() }).toEqual(nothingOpen);
      },
      { timeout: 15_000, interval: 50 },
    );
  }
}

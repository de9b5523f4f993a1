import { readdir } from 'node:fs/promises';
import { expect, onTestFinished, vi } from 'vitest';
import { Child } from '../../kit/child.js';

/** What the server knows of itself once garbage is collected. */
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

  /** @param attached - Whether the server is attached, and refuses bad ids. */
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

  /** Returns how many descriptors the process has open; undefined where /proc does not show them. */
  async #countDescriptors(): Promise<number | undefined> {
    if (process.platform !== 'linux') return undefined;
    return (await readdir(`/proc/${this.pid}/fd`)).length;
  }

  /** Waits until the server has as many descriptors open as when it started, whatever its clients do. */
  async letsGo(): Promise<void> {
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

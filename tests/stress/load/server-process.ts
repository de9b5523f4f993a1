import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';

/** What the server knows of itself when all that can go has gone. */
export interface Measured {
  heap: number;
  right: number;
  wrong: number;
  alive: number;
}

/** A server in a process of its own. */
export class Server {
  readonly #process: ChildProcess;
  readonly exited: Promise<unknown[]>;
  stderr = '';
  port = 0;
  #descriptors: number | undefined;

  /** @param attached - Whether the server is attached, and refuses bad ids. */
  constructor(adapter: string, attached = false) {
    const args = attached ? [adapter, 'attached'] : [adapter];
    this.#process = fork(fileURLToPath(new URL('./server.js', import.meta.url)), args, {
      silent: true,
      execArgv: ['--expose-gc', '--unhandled-rejections=strict'],
    });
    this.#process.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.exited = once(this.#process, 'exit');
    onTestFinished(() => void this.#process.kill());
  }

  async start(): Promise<void> {
    const { url } = (await this.#answer()) as { url: string };
    this.port = Number(new URL(url).port);
    this.#descriptors = await this.#countDescriptors();
  }

  tell(command: 'measure' | 'count' | 'drain' | 'end'): Promise<unknown> {
    const answer = this.#answer();
    // That the process has ended is told by `#answer`.
    this.#process.send(command, () => {});
    return answer;
  }

  /** How many descriptors the process has open; undefined where /proc does not show them. */
  async #countDescriptors(): Promise<number | undefined> {
    if (process.platform !== 'linux') return undefined;
    return (await readdir(`/proc/${this.#process.pid}/fd`)).length;
  }

  /** Waits until the server has as many descriptors open as when it started, whatever its clients do. */
  async letsGo(): Promise<void> {
    const nothingOpen = { connections: 0, descriptors: this.#descriptors };
    await vi.waitFor(
      async () => {
        const { connections } = (await this.tell('count')) as { connections: number };
        expect({ connections, descriptors: await this.#countDescriptors() }).toEqual(nothingOpen);
      },
      { timeout: 15_000, interval: 50 },
    );
  }

  async #answer(): Promise<unknown> {
    const exited = this.exited.then(([code]) => {
      throw new Error(`The server ended with ${code}: ${this.stderr}`);
    });
    const [message] = await Promise.race([once(this.#process, 'message'), exited]);
    return message;
  }
}

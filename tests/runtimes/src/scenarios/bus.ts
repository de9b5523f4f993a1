import { EventEmitter, setMaxListeners } from 'node:events';
import { context } from '@request-context/core';

/**
 * An emitter that the whole process shares, like a connection to a broker. It emits outside of any request, for all that
 * asked in the last milliseconds.
 */
export class Bus extends EventEmitter {
  readonly #outside = context.snapshot();
  readonly target = new EventTarget();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    super();
    setMaxListeners(0, this, this.target);
  }

  /** Asks for a 'message', which both the emitter and the target emit. */
  ask(): this {
    this.#timer ??= this.#outside(setTimeout, () => {
      this.#timer = undefined;
      this.emit('message');
      this.target.dispatchEvent(new Event('message'));
    });
    return this;
  }

  /** Calls back outside of any request. */
  call(callback: () => void): void {
    this.ask().once('message', callback);
  }
}

import { writeSync } from 'node:fs';
import { describe, tagOf } from './recorder.js';

/** The descriptor to which a process writes its observations when it ends. */
export const finalReport = 4;

/**
 * Notes unhandled errors by a listener, by a capture callback, or by neither, so that the process ends.
 *
 * @param {any} app
 * @param {import('./recorder.js').Recorder} recorder
 * @param {() => unknown} afterwards
 * @returns {() => void} Removes the listeners and the callback.
 */
export function catchErrors(app, recorder, afterwards) {
  const note = (/** @type {unknown} */ error) => {
    recorder.note(tagOf({ url: String(error) }), 'process', `uncaught ${describe(error)}`, true);
  };
  const onUncaught = (/** @type {unknown} */ error) => {
    note(error);
    afterwards();
  };
  const onWarning = (/** @type {Error} */ { name, message }) => {
    // Node emits the warnings of these kinds once in a process.
    if (!/^(?:Deprecation|Experimental|Unsupported)Warning$/.test(name))
      recorder.note(undefined, 'process', `warning ${name} ${message.split('.', 1)}`);
  };
  const onExit = (/** @type {number} */ code) => {
    const requests = [...recorder.requests].map(([tag, { entries, id }]) => [
      tag,
      { entries, id: String(id) },
    ]);
    const seen = { requests: Object.fromEntries(requests), ofProcess: recorder.ofProcess, code };
    writeSync(finalReport, JSON.stringify(seen));
  };
  process.on('warning', onWarning);
  if (app.catches === 'nothing') {
    process.on('uncaughtExceptionMonitor', note);
    process.on('exit', onExit);
  } else {
    process.on('unhandledRejection', onUncaught);
    // Node allows no capture callback beside domains.
    if (app.catches === 'capture' && app.domain === 'none')
      process.setUncaughtExceptionCaptureCallback(onUncaught);
    else process.on('uncaughtException', onUncaught);
  }
  return () => {
    process.off('warning', onWarning);
    process.off('uncaughtExceptionMonitor', note);
    process.off('exit', onExit);
    process.off('unhandledRejection', onUncaught);
    process.off('uncaughtException', onUncaught);
    if (process.hasUncaughtExceptionCaptureCallback() && app.catches === 'capture')
      process.setUncaughtExceptionCaptureCallback(null);
  };
}

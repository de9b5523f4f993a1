// Preloaded with `node --import`. Makes the first timer that a handler waits for last until its client leaves.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const { setTimeout } = timers;
const channel = 'http.server.request.start';

/** @param {any} message */
function onRequest({ response }) {
  unsubscribe(channel, onRequest);
  timers.setTimeout = async () => {
    timers.setTimeout = setTimeout;
    syncBuiltinESMExports();
    await once(response, 'close');
    return /** @type {any} */ (undefined);
  };
  syncBuiltinESMExports();
}
subscribe(channel, onRequest);

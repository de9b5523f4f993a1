import assert from 'node:assert/strict';
import { type Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Client, ClientResponse, Sending } from './http-scenario.ts';

/** Creates a client that sends `id`. */
export function createClient(url: string, id: string, agent: Agent): Client {
  return {
    url,
    id,
    async send(path, sending = {}) {
      const headers = { ...sending.headers, 'X-Request-ID': id };
      const response = await send(url + path, agent, { ...sending, headers });
      const expected = sending.isCovered === false ? [] : [id];
      assert.deepEqual(response.ids, expected, `ids on the response to ${id} ${path}`);
      return response;
    },
    request: (path, sending = {}) => send(url + path, agent, sending),
  };
}

function send(url: string, agent: Agent, sending: Sending): Promise<ClientResponse> {
  const { method = 'GET', body, headers = {} } = sending;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent, headers: headers as OutgoingHttpHeaders });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      text(incoming).then((content) => {
        const ids = valuesOf(incoming.rawHeaders, 'x-request-id');
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          ids,
          body: content,
        });
      }, reject);
    });
    if (body instanceof Readable) body.pipe(outgoing);
    else outgoing.end(body);
  });
}

/** Returns the values of a header, one for each line of the head. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter(
    (_, index) => rawHeaders[index - 1]?.toLowerCase() === name && index % 2 === 1,
  );
}

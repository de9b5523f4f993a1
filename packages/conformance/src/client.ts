import assert from 'node:assert/strict';
import { type Agent, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Answer, Client, Sending } from './types.ts';

/** A client with an id and an agent of its own. */
export function createClient(url: string, id: string, agent: Agent): Client {
  return {
    url,
    id,
    async send(path, sending = {}) {
      const answer = await send(url + path, id, agent, sending);
      const expected = sending.isCovered === false ? [] : [id];
      assert.deepEqual(answer.ids, expected, `ids on the answer to ${id} ${path}`);
      return answer;
    },
  };
}

function send(url: string, id: string, agent: Agent, sending: Sending): Promise<Answer> {
  const { method = 'GET', body, headers } = sending;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent, headers: { ...headers, 'X-Request-ID': id } });
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

/** The values of a header, one for each line of the head. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter(
    (_, index) => rawHeaders[index - 1]?.toLowerCase() === name && index % 2 === 1,
  );
}

import { EventEmitter } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import stream from 'node:stream';
import tls from 'node:tls';

/** What all code of the process shares. @type {Record<string, object>} */
const shared = {
  http,
  https,
  http2,
  net,
  EventEmitter,
  'http.IncomingMessage': http.IncomingMessage,
  'http.ServerResponse': http.ServerResponse,
  'http.IncomingMessage.prototype': http.IncomingMessage.prototype,
  'http.ServerResponse.prototype': http.ServerResponse.prototype,
  'http.OutgoingMessage.prototype': http.OutgoingMessage.prototype,
  'http.ClientRequest.prototype': http.ClientRequest.prototype,
  'http.Agent.prototype': http.Agent.prototype,
  'http.Server.prototype': http.Server.prototype,
  'https.Server.prototype': https.Server.prototype,
  'http2.Http2ServerRequest.prototype': http2.Http2ServerRequest.prototype,
  'http2.Http2ServerResponse.prototype': http2.Http2ServerResponse.prototype,
  'http2 server prototype': Object.getPrototypeOf(http2.createServer()),
  'http2 secure server prototype': Object.getPrototypeOf(http2.createSecureServer()),
  'net.Server.prototype': net.Server.prototype,
  'net.Socket.prototype': net.Socket.prototype,
  'tls.Server.prototype': tls.Server.prototype,
  'tls.TLSSocket.prototype': tls.TLSSocket.prototype,
  'stream.Readable.prototype': stream.Readable.prototype,
  'stream.Writable.prototype': stream.Writable.prototype,
  'stream.Duplex.prototype': stream.Duplex.prototype,
  'EventEmitter.prototype': EventEmitter.prototype,
};

/**
 * Notes Node's classes and modules as they are. Some of their properties are getters that load something: reads
 * the descriptors alone.
 *
 * @returns {() => string[]} what has changed since
 */
export function watchNode() {
  const before = describe();
  return () => {
    const now = describe();
    const names = new Set([...before.keys(), ...now.keys()]);
    return [...names].filter((name) => !Object.is(before.get(name), now.get(name)));
  };
}

/** @returns {Map<string, unknown>} */
function describe() {
  const all = new Map();
  for (const [name, object] of Object.entries(shared)) {
    all.set(`the prototype of ${name}`, Object.getPrototypeOf(object));
    all.set(`extensible: ${name}`, Object.isExtensible(object));
    all.set(`the order of keys of ${name}`, Reflect.ownKeys(object).map(String).join());
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key) ?? {};
      for (const [field, value] of Object.entries(descriptor)) {
        all.set(`${name}.${String(key)}: ${field}`, value);
      }
    }
  }
  return all;
}

import type { RequestListener } from 'node:http';
import type { Adapter, Routes, Running, Setup } from '@request-context/conformance';
import type { HttpScenario } from '@request-context/conformance/engine';
import type express from 'express';
import type { FastifyInstance, fastify } from 'fastify';
import type Koa from 'koa';

/** Applications written for one framework; each is given the framework in the adapter's version. */
export interface NativeApps {
  express?(framework: typeof express): RequestListener;
  koa?(framework: typeof Koa): Koa;
  fastify?(framework: typeof fastify): FastifyInstance;
}

export interface FrameworkSetup extends Setup {
  /** The application, by the adapter's framework; replaces routes and options. */
  readonly native?: NativeApps;
}

/** A scenario that knows frameworks. */
export interface FrameworkScenario extends HttpScenario {
  readonly setup?: FrameworkSetup;
  /** How the names of the adapters begin that it is for; without it, it is for all. */
  readonly frameworks?: readonly string[];
}

/** One of our adapters, which takes a framework's application as well. */
export interface FrameworkAdapter extends Adapter {
  start(routes: Routes, setup?: FrameworkSetup): Promise<Running>;
}

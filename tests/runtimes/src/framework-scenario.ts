import type { RequestListener } from 'node:http';
import type { Adapter, Routes, Running, Setup } from '@request-context/conformance';
import type { HttpScenario } from '@request-context/conformance/engine';
import type express from 'express';
import type { FastifyInstance, fastify } from 'fastify';
import type Koa from 'koa';

/** Applications written for one framework each. Each function receives the framework in the adapter's version. */
export interface NativeApps {
  express?(framework: typeof express): RequestListener;
  koa?(framework: typeof Koa): Koa;
  fastify?(framework: typeof fastify): FastifyInstance;
}

export interface FrameworkSetup extends Setup {
  /** The application for each framework, which replaces routes and options. */
  readonly native?: NativeApps;
}

/** A scenario that may depend on a framework. */
export interface FrameworkScenario extends HttpScenario {
  readonly setup?: FrameworkSetup;
  /** Prefixes of the names of the adapters that run it. @default all adapters */
  readonly frameworks?: readonly string[];
}

/** One of our adapters, which also accepts a framework's application. */
export interface FrameworkAdapter extends Adapter {
  start(routes: Routes, setup?: FrameworkSetup): Promise<Running>;
}

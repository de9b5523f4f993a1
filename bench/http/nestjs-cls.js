// Separate from the other peers, because loading it starts a Nest application.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ClsMiddleware, ClsModule, ClsServiceManager } from 'nestjs-cls';
import { adoptOrMake } from './peers.js';

// The middleware works outside of a Nest application once one has been created.
await NestFactory.createApplicationContext(ClsModule.forRoot(), { logger: false });

const cls = ClsServiceManager.getClsService();

export const getClsId = () => cls.getId();

export const clsMiddleware = new ClsMiddleware({
  generateId: true,
  idGenerator: adoptOrMake,
  setup: (service, _req, res) => res.setHeader('X-Request-ID', service.getId()),
}).use;

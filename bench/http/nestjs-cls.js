// Apart from the other peers: who loads it has a Nest application in the process.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ClsMiddleware, ClsModule, ClsServiceManager } from 'nestjs-cls';
import { adoptOrMake } from './peers.js';

// Outside of a Nest application the middleware works once there has been one.
await NestFactory.createApplicationContext(ClsModule.forRoot(), { logger: false });

const cls = ClsServiceManager.getClsService();

export const getClsId = () => cls.getId();

export const clsMiddleware = new ClsMiddleware({
  generateId: true,
  idGenerator: adoptOrMake,
  setup: (service, _req, res) => res.setHeader('X-Request-ID', service.getId()),
}).use;

import { describeHello } from '../../support/describe-hello.js';

describeHello('koa-hello');

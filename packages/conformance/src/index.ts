export type { Adapter, Exchange, Feature, Route, Routes, Running, Setup } from './contract.ts';
export { publicFolder } from './public-folder.ts';
export { type Scenario, scenariosFor } from './scenarios-for.ts';
export { listen, serve } from './serve.ts';

import { callApi, constructApi, getApi, simFunction } from './api.js';
import { callGlobalFunction } from './builtins.js';
import { classThing, constructClass } from './classes.js';
import { enterContract } from './contract.js';
import { assign, evaluate } from './expressions.js';
import { iteratorOf } from './iterate.js';
import { callLibrary } from './library.js';
import { callMethod } from './methods.js';
import { makeSim } from './sim-objects.js';
import { execute } from './statements.js';
import type { Doers } from './walk.js';

/** All that calls go through to. */
export const DOERS: Doers = {
  evaluate,
  assign,
  execute,
  callApi,
  constructApi,
  classThing,
  constructClass,
  getApi,
  makeSim,
  simFunction,
  callGlobalFunction,
  callLibrary,
  callMethod,
  iteratorOf,
  enterContract,
};

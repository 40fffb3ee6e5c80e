import { draw } from '../src/charts.js';
draw('#day', new Map());

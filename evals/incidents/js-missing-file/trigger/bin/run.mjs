import { loadFeatures } from '../src/config.js';
loadFeatures();

import { loadConfig } from '../src/config.js';
loadConfig();

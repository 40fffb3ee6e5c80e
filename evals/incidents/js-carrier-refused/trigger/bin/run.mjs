import { quote } from '../src/carrier.js';
await quote({ carrierUrl: 'http://127.0.0.1:18999/quotes' }, { grams: 100, country: 'DE' });

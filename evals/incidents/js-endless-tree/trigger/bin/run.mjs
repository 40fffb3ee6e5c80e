import { breadcrumb } from '../src/categories.js';
const parents = new Map([['tea', 'drinks'], ['drinks', 'tea']]);
console.log(breadcrumb('tea', parents));

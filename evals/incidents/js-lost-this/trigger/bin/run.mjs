import { Mailer } from '../src/mailer.js';
new Mailer(() => {}).sendAll([{ to: 'ida@mail.example' }]);

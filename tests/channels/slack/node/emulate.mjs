// Another imitation of Slack than ours: the Web API by emulate 0.12.2.
import { createEmulator } from 'emulate';

const [token, port] = process.argv.slice(2);
const slack = {
  team: { name: 'Acme', domain: 'acme' },
  users: [{ name: 'ana', real_name: 'Ana Reis', email: 'ana@acme.example' }],
  channels: [{ name: 'help' }],
};
const seed = { slack, tokens: { [token]: { login: 'ana', scopes: ['chat:write'] } } };
await createEmulator({ service: 'slack', port: Number(port), seed });
console.log('ready');

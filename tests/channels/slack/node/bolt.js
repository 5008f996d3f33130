// Another company's client on our imitation of Slack: Socket Mode and Web API by @slack/bolt.
const { App } = require('@slack/bolt');

const [slackApiUrl, token, appToken] = process.argv.slice(2);
const app = new App({ token, appToken, socketMode: true, clientOptions: { slackApiUrl } });

app.message(async ({ message, say }) => {
  await say({ text: `heard ${message.text}`, thread_ts: message.ts });
});
app.command('/desk', async ({ ack }) => ack('taken'));
app.start().then(() => console.log('ready'));

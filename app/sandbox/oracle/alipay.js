// Alipay's official SDK for Node.js, unchanged.
const { AlipaySdk } = require('alipay-sdk');
const serve = require('./serve');

let sdk;

serve({
  open(config) {
    sdk = new AlipaySdk(config);
  },
  // validateSign makes the SDK throw when the answer's signature is wrong.
  exec({ method, params, validateSign }) {
    return sdk.exec(method, params, { validateSign });
  },
  checkNotifySign(form) {
    return sdk.checkNotifySign(form, true);
  },
});

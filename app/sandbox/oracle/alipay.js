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
  // What a browser opens: an address (GET) or a form that posts itself (POST).
  pageExecute({ method, httpMethod, params }) {
    return sdk.pageExecute(method, httpMethod, params);
  },
  // What an app hands to Alipay.
  sdkExecute({ method, params }) {
    return sdk.sdkExecute(method, params);
  },
  checkNotifySign(form) {
    return sdk.checkNotifySign(form, true);
  },
});

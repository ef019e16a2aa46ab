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
  // A day's bill: its address, signed, and the bytes behind it, which are not.
  async bill({ type, date }) {
    const params = { bizContent: { billType: type, billDate: date } };
    const { code, subCode, billDownloadUrl } = await sdk.exec('alipay.data.dataservice.bill.downloadurl.query', params, { validateSign: true });
    if (code !== '10000') { return { code, subCode }; }
    const response = await fetch(billDownloadUrl);
    return { code, status: response.status, file: Buffer.from(await response.arrayBuffer()).toString('base64') };
  },
  checkNotifySign(form) {
    return sdk.checkNotifySign(form, true);
  },
});

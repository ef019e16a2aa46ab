// The community's client for WeChat Pay v3, unchanged: it signs requests with
// its own code and refuses a 2xx answer whose signature does not verify.
const { createHash } = require('node:crypto');
const { gunzipSync } = require('node:zlib');
const { Wechatpay, Aes: { AesGcm }, Rsa, Formatter } = require('wechatpay-axios-plugin');
const serve = require('./serve');

let client;
let options;

// outcome turns axios' two ways to end into one.
async function outcome(promise) {
  try {
    const { status, data, headers } = await promise;
    return { status, data, headers };
  } catch (error) {
    if (!error.response) { throw error; }
    const { status, data, headers } = error.response;
    return { status, data, headers, code: error.code, message: error.message };
  }
}

serve({
  open(config) {
    options = config;
    client = new Wechatpay(config);
  },
  // Any other endpoint by its path; {number} in it is escaped by the plugin.
  call({ method, path, body, params, number, headers = {} }) {
    const resource = client.chain(path);
    const config = { headers, params, number };
    return outcome(method === 'get' ? resource.get(config) : resource.post(body, config));
  },
  // headers: the plugin names the key it verifies with only when told.
  native({ order, headers = {} }) {
    return outcome(client.v3.pay.transactions.native.post(order, { headers }));
  },
  query({ number, headers = {} }) {
    return outcome(client.v3.pay.transactions.outTradeNo._out_trade_no_.get({
      params: { mchid: options.mchid }, headers, out_trade_no: number,
    }));
  },
  queryById({ id, headers = {} }) {
    return outcome(client.v3.pay.transactions.id._id_.get({ params: { mchid: options.mchid }, headers, id }));
  },
  close({ number, headers = {} }) {
    return outcome(client.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(
      { mchid: options.mchid }, { headers, out_trade_no: number },
    ));
  },
  // Downloads the platform certificates and then asks once more, verifying the
  // answer with what the first one brought. (The plugin's own command, wxpay
  // crt, cannot do that in 0.9.6: its verifier keeps a copy of the empty list.)
  async certificates() {
    const certs = {};
    const open = (body) => {
      JSON.parse(body).data.forEach(({ serial_no: serial, encrypt_certificate: { nonce, associated_data: aad, ciphertext } }) => {
        certs[serial] = AesGcm.decrypt(ciphertext, options.secret, nonce, aad);
      });
      return body;
    };
    const boot = new Wechatpay({ ...options, certs: { any: undefined } });
    const first = await outcome(boot.v3.certificates.get({ transformResponse: [open] }));
    if (Object.keys(certs).length === 0) { return { ...first, certs }; }
    const second = await outcome(new Wechatpay({ ...options, certs: { ...certs } }).v3.certificates.get());
    return { ...second, certs };
  },
  // Applies for a bill, downloads it and reads it with the plugin's own parser.
  async bill({ path, params }) {
    const applied = await outcome(client.chain(path).get({ params }));
    if (applied.status !== 200 || applied.code) { return applied; }
    const token = new URL(applied.data.download_url).searchParams.get('token');
    const file = await outcome(client.v3.billdownload.file.get({ params: { token }, responseType: 'arraybuffer' }));
    const text = params.tar_type === 'GZIP' ? gunzipSync(file.data) : file.data;
    return {
      status: file.status,
      code: file.code,
      hashed: createHash(applied.data.hash_type).update(text).digest('hex') === applied.data.hash_value,
      bill: Formatter.castCsvBill(text),
      text: Buffer.from(text).toString('base64'),
    };
  },
  // Reads a bill that is at hand.
  read({ text }) { return { bill: Formatter.castCsvBill(Buffer.from(text, 'base64')) }; },
  notification({ timestamp, nonce, signature, serial, body }) {
    const message = JSON.parse(body);
    const { ciphertext, nonce: iv, associated_data: aad } = message.resource;
    return {
      verified: Rsa.verify(Formatter.response(timestamp, nonce, body), signature, Rsa.from(options.certs[serial], 'public')),
      event: message.event_type,
      plain: JSON.parse(AesGcm.decrypt(ciphertext, options.secret, iv, aad)),
    };
  },
});

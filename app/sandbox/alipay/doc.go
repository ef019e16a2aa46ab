// Package alipay speaks the wire protocol of Alipay's open platform gateway:
// it verifies requests, answers them with signed nodes and writes signed
// notifications. It shares no code with the platform's adapter, so that each
// is a check on the other.
package alipay

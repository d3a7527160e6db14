// For node 0.10.0, which carries OpenSSL 1.0.1e of 2013: SSL 2.0 to TLS 1.2, EXPORT, DES, RC4, anonymous suites, and real
// Heartbleed and CCS injection.        node old_node.js ADDRESS PORT CERT KEY
var tls = require('tls'), fs = require('fs');
var server = tls.createServer({
    cert: fs.readFileSync(process.argv[4]),
    key: fs.readFileSync(process.argv[5]),
    secureProtocol: 'SSLv23_method',
    ciphers: 'ALL:COMPLEMENTOFALL',
    honorCipherOrder: false
}, function (client) {
    client.on('error', function () {});
    client.on('data', function () { client.end('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'); });
});
server.on('clientError', function () {});
// Broken handshakes reach this handler in so old a node; they must not end the server.
process.on('uncaughtException', function () {});
server.listen(+process.argv[3], process.argv[2]);

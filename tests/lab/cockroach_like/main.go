// A TLS front like CockroachDB's: SSLRequest answered with S, then crypto/tls with the six ECDHE AEAD suites, TLS 1.2 to 1.3, client
// certificates asked for and verified if given. With a list of suites, a connection on any other suite is dropped after the
// handshake, which is what --tls-cipher-suites does.
//
//	cockroach_like ADDRESS PORT CERT KEY CLIENT_CA [SUITE,SUITE...]
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"time"
)

const sslRequest = 80877103

func main() {
	address := net.JoinHostPort(os.Args[1], os.Args[2])
	cert, err := tls.LoadX509KeyPair(os.Args[3], os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	pem, err := os.ReadFile(os.Args[5])
	if err != nil {
		log.Fatal(err)
	}
	clientCAs := x509.NewCertPool()
	clientCAs.AppendCertsFromPEM(pem)
	allowed := map[string]bool{}
	if len(os.Args) > 6 {
		for _, suite := range strings.Split(os.Args[6], ",") {
			allowed[suite] = true
		}
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		ClientAuth:   tls.VerifyClientCertIfGiven,
		ClientCAs:    clientCAs,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			continue
		}
		go serve(client, config, allowed)
	}
}

func serve(client net.Conn, config *tls.Config, allowed map[string]bool) {
	defer client.Close()
	client.SetDeadline(time.Now().Add(10 * time.Second))
	request := make([]byte, 8)
	if _, err := io.ReadFull(client, request); err != nil || binary.BigEndian.Uint32(request[4:]) != sslRequest {
		return
	}
	client.Write([]byte("S"))
	session := tls.Server(client, config)
	if session.Handshake() != nil {
		return
	}
	suite := tls.CipherSuiteName(session.ConnectionState().CipherSuite)
	if len(allowed) > 0 && !allowed[suite] {
		return
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(session, length); err != nil {
		return
	}
	rest := int64(binary.BigEndian.Uint32(length)) - 4
	if rest < 0 || rest > 10_000 {
		return
	}
	io.CopyN(io.Discard, session, rest)
	session.Write([]byte("R\x00\x00\x00\x08\x00\x00\x00\x03")) // AuthenticationCleartextPassword
	session.Read(make([]byte, 512))
}

/* tlsd: a small TLS server that forks for every connection. Built against OpenSSL 1.1.1, 3.0 and 3.6, it shows three
 * generations of one library, each with options that no packaged server has.
 *
 *   tlsd ADDRESS PORT key=value...
 *
 *   cert=FILE key=FILE   a chain and its key; may be repeated, for RSA and ECDSA side by side
 *   min=0x0301 max=      lowest and highest version on the wire
 *   ciphers= suites=     up to TLS 1.2, and TLS 1.3; groups= in order of preference; dh=FILE with parameters
 *   ca=FILE require=1    ask for a client certificate; insist on it
 *   alpn=a,b             anything else ends in an alert
 *   pg=1                 wait for a PostgreSQL SSLRequest first
 *   rate=N               connections beyond N a second are reset
 *   serverpref=1 comp=1 unsafe=1 early=1   server order, compression, legacy renegotiation, early data
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static unsigned char alpn[256];
static unsigned alpn_length;

static void die(const char *what) {
    fprintf(stderr, "tlsd: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
                       unsigned in_length, void *unused) {
    (void)ssl;
    (void)unused;
    int found = SSL_select_next_proto((unsigned char **)out, out_length, alpn, alpn_length, in, in_length);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void add_alpn(char *list) {
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        size_t length = strlen(name);
        if (alpn_length + 1 + length > sizeof alpn) die("alpn too long");
        alpn[alpn_length++] = (unsigned char)length;
        memcpy(alpn + alpn_length, name, length);
        alpn_length += (unsigned)length;
    }
}

/* Any client certificate will do: the lab looks at who is asked, not at who is let in. */
static int accept_any(int ok, X509_STORE_CTX *context) {
    (void)ok;
    (void)context;
    return 1;
}

static int use_dh(SSL_CTX *context, const char *file) {
    BIO *bio = BIO_new_file(file, "r");
    DH *dh = bio ? PEM_read_bio_DHparams(bio, NULL, NULL, NULL) : NULL;
    return dh && SSL_CTX_set_tmp_dh(context, dh) == 1;
}

static int pg, early, rate;

static void configure(SSL_CTX *context, int count, char **options) {
    const char *chain = NULL;
    for (int i = 0; i < count; i++) {
        char *name = options[i], *value = strchr(name, '=');
        int ok = 1;
        if (!value) die(name);
        *value++ = 0;
        if (!strcmp(name, "cert")) chain = value;
        else if (!strcmp(name, "key"))
            ok = SSL_CTX_use_certificate_chain_file(context, chain) == 1 &&
                 SSL_CTX_use_PrivateKey_file(context, value, SSL_FILETYPE_PEM) == 1;
        else if (!strcmp(name, "min")) ok = SSL_CTX_set_min_proto_version(context, (int)strtol(value, NULL, 0));
        else if (!strcmp(name, "max")) ok = SSL_CTX_set_max_proto_version(context, (int)strtol(value, NULL, 0));
        else if (!strcmp(name, "ciphers")) ok = SSL_CTX_set_cipher_list(context, value);
        else if (!strcmp(name, "suites")) ok = SSL_CTX_set_ciphersuites(context, value);
        else if (!strcmp(name, "groups")) ok = (int)SSL_CTX_set1_groups_list(context, value);
        else if (!strcmp(name, "dh")) ok = use_dh(context, value);
        else if (!strcmp(name, "ca")) {
            SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(value));
            ok = SSL_CTX_load_verify_locations(context, value, NULL);
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
        } else if (!strcmp(name, "require"))
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        else if (!strcmp(name, "alpn")) {
            add_alpn(value);
            SSL_CTX_set_alpn_select_cb(context, select_alpn, NULL);
        } else if (!strcmp(name, "comp")) SSL_CTX_clear_options(context, SSL_OP_NO_COMPRESSION);
        else if (!strcmp(name, "serverpref")) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
        else if (!strcmp(name, "unsafe")) SSL_CTX_set_options(context, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
        else if (!strcmp(name, "early")) {
            early = 1;
            SSL_CTX_set_max_early_data(context, 16384);
            SSL_CTX_set_recv_max_early_data(context, 16384);
        } else if (!strcmp(name, "pg")) pg = 1;
        else if (!strcmp(name, "rate")) rate = atoi(value);
        else ok = 0;
        if (!ok) die(name);
    }
}

static int over_the_rate(void) {
    static time_t second;
    static int taken;
    if (time(NULL) != second) {
        second = time(NULL);
        taken = 0;
    }
    return rate && ++taken > rate;
}

static void serve(SSL_CTX *context, int fd) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\nServer: lab\r\n"
                                 "Set-Cookie: sid=1; Path=/\r\n\r\nok\n";
    char buffer[8192];
    size_t got = 0;
    if (pg) {
        if (recv(fd, buffer, 8, MSG_WAITALL) != 8 || memcmp(buffer, "\0\0\0\x08\x04\xd2\x16\x2f", 8)) return;
        send(fd, "S", 1, 0);
    }
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    while (early && SSL_read_early_data(ssl, buffer, sizeof buffer, &got) == SSL_READ_EARLY_DATA_SUCCESS) {
    }
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, buffer, sizeof buffer) > 0) {
        SSL_write(ssl, answer, sizeof answer - 1);
        SSL_shutdown(ssl);
    }
    /* Read what is left, or the kernel turns the close into a reset and the client may lose our alert. */
    shutdown(fd, SHUT_WR);
    struct timeval wait = {0, 300000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    while (recv(fd, buffer, sizeof buffer, 0) > 0) {
    }
}

int main(int count, char **arguments) {
    if (count < 3) die("ADDRESS PORT key=value...");
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"lab", 3);
    configure(context, count - 3, arguments + 3);

    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[2]))};
    if (inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1) die(arguments[1]);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 512)) die(strerror(errno));
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) continue;
        if (over_the_rate()) {
            struct linger at_once = {1, 0};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        } else if (fork() == 0) {
            close(listener);
            alarm(20);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            serve(context, fd);
            _exit(0);
        }
        close(fd);
    }
}

/* LD_PRELOAD: servers that can only listen on every address (gnutls-serv, selfserv) listen on $BIND_TO instead. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
    const char *wanted = getenv("BIND_TO");
    if (!wanted || (address->sa_family != AF_INET && address->sa_family != AF_INET6)) return real(fd, address, length);
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        inet_pton(AF_INET, wanted, &v4.sin_addr);
        return real(fd, (struct sockaddr *)&v4, sizeof v4);
    }
    /* NSPR opens an IPv6 socket for both families: give it the mapped address. */
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    memset(&v6.sin6_addr, 0, 10);
    memset(v6.sin6_addr.s6_addr + 10, 0xff, 2);
    inet_pton(AF_INET, wanted, v6.sin6_addr.s6_addr + 12);
    return real(fd, (struct sockaddr *)&v6, sizeof v6);
}

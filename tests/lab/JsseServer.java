import java.io.*;
import java.net.InetAddress;
import java.security.*;
import javax.net.ssl.*;

/**
 * A Java TLS server with every disabled algorithm switched on again: SSL 3.0 to TLS 1.3, RC4, NULL, anonymous, DES, and EXPORT,
 * the last two only up to TLS 1.0: the case where a scanner that asks once for all versions misses FREAK.
 *
 * <p>JsseServer ADDRESS PORT KEYSTORE.p12 (password "lab")
 */
public class JsseServer {
    public static void main(String[] arguments) throws Exception {
        for (String list : new String[] {"jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms", "jdk.tls.legacyAlgorithms"})
            Security.setProperty(list, "");
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(arguments[2])) {
            store.load(file, "lab".toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, "lab".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(Integer.parseInt(arguments[1]), 512, InetAddress.getByName(arguments[0]));
        server.setEnabledProtocols(server.getSupportedProtocols());
        server.setEnabledCipherSuites(server.getSupportedCipherSuites());
        for (;;) {
            SSLSocket client = (SSLSocket) server.accept();
            Thread thread = new Thread(() -> answer(client));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void answer(SSLSocket client) {
        try (client) {
            client.setSoTimeout(10_000);
            client.startHandshake();
            client.getInputStream().read(new byte[4096]);
            client.getOutputStream().write("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes());
        } catch (IOException refused) {
            // Most of what a scanner asks for is refused.
        }
    }
}

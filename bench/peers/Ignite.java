import java.util.Arrays;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.ignite.Ignition;
import org.apache.ignite.cache.CacheAtomicityMode;
import org.apache.ignite.cache.CacheMode;
import org.apache.ignite.cache.CacheWriteSynchronizationMode;
import org.apache.ignite.client.ClientCache;
import org.apache.ignite.client.ClientCacheConfiguration;
import org.apache.ignite.configuration.ClientConfiguration;
import org.apache.ignite.configuration.ClientConnectorConfiguration;
import org.apache.ignite.configuration.DataRegionConfiguration;
import org.apache.ignite.configuration.DataStorageConfiguration;
import org.apache.ignite.configuration.IgniteConfiguration;
import org.apache.ignite.logger.NullLogger;
import org.apache.ignite.spi.communication.tcp.TcpCommunicationSpi;
import org.apache.ignite.spi.discovery.tcp.TcpDiscoverySpi;
import org.apache.ignite.spi.discovery.tcp.ipfinder.vm.TcpDiscoveryVmIpFinder;

/**
 * Ignite with an atomic, partitioned cache in memory: one backup, writes that wait for it (FULL_SYNC), and a thin client that knows which member
 * owns a key. Each member takes its port for discovery, 10 more for members, 20 more for clients.
 *
 *   Ignite member PORT PORT,... FOLDER   of a cluster whose members listen at these ports of 127.0.0.1; prints `ready`
 *   Ignite client PORT,... OPTIONS       load, as Workload says
 */
final class Ignite {
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "member" -> {
        Ignition.start(member(Integer.parseInt(args[1]), args[2].split(","), args[3]));
        System.out.println("ready");
      }
      case "client" -> run(args[1].split(","), List.of(args).subList(2, args.length));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static IgniteConfiguration member(int port, String[] ports, String folder) {
    final var finder = new TcpDiscoveryVmIpFinder().setAddresses(Arrays.stream(ports).map(p -> "127.0.0.1:" + p).toList());
    final var discovery = new TcpDiscoverySpi().setLocalPort(port).setLocalPortRange(0).setIpFinder(finder);
    final var communication = new TcpCommunicationSpi();
    communication.setLocalPort(port + 10).setLocalPortRange(0);
    final var memory = new DataRegionConfiguration().setName("bench").setMaxSize(512L * 1024 * 1024);
    return new IgniteConfiguration()
        .setIgniteInstanceName("bench-" + port)
        .setConsistentId("bench-" + port)
        .setWorkDirectory(folder)
        .setLocalHost("127.0.0.1")
        .setGridLogger(new NullLogger())
        .setMetricsLogFrequency(0)
        .setDiscoverySpi(discovery)
        .setCommunicationSpi(communication)
        .setDataStorageConfiguration(new DataStorageConfiguration().setDefaultDataRegionConfiguration(memory))
        .setClientConnectorConfiguration(new ClientConnectorConfiguration().setPort(port + 20).setPortRange(0));
  }

  private static void run(String[] ports, List<String> options) throws Exception {
    final List<String> rest = new ArrayList<>(options);
    final Workload load = new Workload(rest);
    if (!rest.isEmpty()) throw new IllegalArgumentException("unknown: " + rest);
    final var config = new ClientConfiguration()
        .setPartitionAwarenessEnabled(true)
        .setAsyncContinuationExecutor(Runnable::run)  // Nothing here blocks; the default hands every answer to another thread.
        .setAddresses(Arrays.stream(ports).map(p -> "127.0.0.1:" + (Integer.parseInt(p) + 20)).toArray(String[]::new));
    final ClientCache<String, byte[]> cache = Ignition.startClient(config).getOrCreateCache(new ClientCacheConfiguration()
        .setName("bench")
        .setCacheMode(CacheMode.PARTITIONED)
        .setAtomicityMode(CacheAtomicityMode.ATOMIC)
        .setBackups(1)
        .setWriteSynchronizationMode(CacheWriteSynchronizationMode.FULL_SYNC));
    load.run(new Workload.Map() {
      @Override public Object get(String key) { return cache.get(key); }
      @Override public void write(String key, byte[] value) { cache.put(key, value); }
      @Override public CompletionStage<?> getAsync(String key) { return cache.getAsync(key); }
      @Override public CompletionStage<?> writeAsync(String key, byte[] value) { return cache.putAsync(key, value); }
    });
    System.exit(0);
  }
}

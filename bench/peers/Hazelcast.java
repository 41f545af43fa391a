import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Hazelcast as it comes: one synchronous backup, values as binary, a client that knows which member owns a key.
 *
 *   Hazelcast member PORT PORT,...      of a cluster whose members listen at these ports of 127.0.0.1; prints `ready`
 *   Hazelcast client PORT,... OPTIONS   load, as Workload says; --old-values: put, which answers with the old value, instead of set
 *   Hazelcast embedded OPTIONS          the same on a member in this process, alone, so that every key is owned here
 */
final class Hazelcast {
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "member" -> {
        com.hazelcast.core.Hazelcast.newHazelcastInstance(member(Integer.parseInt(args[1]), args[2].split(",")));
        System.out.println("ready");
      }
      case "client" -> {
        final ClientConfig config = new ClientConfig();
        for (String port : args[1].split(",")) config.getNetworkConfig().addAddress("127.0.0.1:" + port);
        run(HazelcastClient.newHazelcastClient(config), List.of(args).subList(2, args.length));
      }
      case "embedded" -> run(com.hazelcast.core.Hazelcast.newHazelcastInstance(member(0, new String[0])), List.of(args).subList(1, args.length));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static Config member(int port, String[] ports) {
    final Config config = new Config().setProperty("hazelcast.phone.home.enabled", "false").setProperty("hazelcast.logging.type", "none");
    config.getNetworkConfig().setPort(port).setPortAutoIncrement(port == 0).setPublicAddress("127.0.0.1");
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    final var join = config.getNetworkConfig().getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(ports.length > 0);
    for (String p : ports) join.getTcpIpConfig().addMember("127.0.0.1:" + p);
    return config;
  }

  private static void run(HazelcastInstance on, List<String> options) throws Exception {
    final List<String> rest = new ArrayList<>(options);
    final boolean oldValues = rest.remove("--old-values");
    final Workload load = new Workload(rest);
    if (!rest.isEmpty()) throw new IllegalArgumentException("unknown: " + rest);
    final IMap<String, byte[]> map = on.getMap("bench");
    load.run(new Workload.Map() {
      @Override public Object get(String key) { return map.get(key); }
      @Override public void write(String key, byte[] value) {
        if (oldValues) map.put(key, value);
        else map.set(key, value);
      }
      @Override public CompletionStage<?> getAsync(String key) { return map.getAsync(key); }
      @Override public CompletionStage<?> writeAsync(String key, byte[] value) { return oldValues ? map.putAsync(key, value) : map.setAsync(key, value); }
    });
    System.exit(0);
  }
}

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * The load of bench/load.hpp and bench/workload.hpp for clients in Java: the same options, the same operations in the same order, the same columns.
 *
 * One operation in flight: a thread that waits for each. Several: one client with all of them in flight, each that finishes starts the next.
 */
final class Workload {
  /** What is measured. Errors are exceptions, or stages that end with one. */
  interface Map {
    Object get(String key) throws Exception;
    void write(String key, byte[] value) throws Exception;
    CompletionStage<?> getAsync(String key);
    CompletionStage<?> writeAsync(String key, byte[] value);
  }

  private int readsPercent = 0;
  private int keys = 10_000;
  private int valueBytes = 100;
  private boolean zipfian = false;
  private int clients = 1;
  private int pipeline = 1;
  private double ratePerS = 0;
  private double warmUpS = 1;
  private double runS = 3;
  private final List<Long> servers = new ArrayList<>();

  /** Takes out of `arguments` what it knows; the others stay. */
  Workload(List<String> arguments) {
    for (int i = 0; i < arguments.size();) {
      final String option = arguments.get(i);
      if (option.equals("--zipfian")) {
        zipfian = true;
        arguments.remove(i);
        continue;
      }
      if (!List.of("--reads", "--keys", "--value-bytes", "--clients", "--pipeline", "--rate", "--warm-up", "--seconds", "--cpu-of").contains(option)) {
        ++i;
        continue;
      }
      if (i + 1 == arguments.size()) throw new IllegalArgumentException(option + ": a value is missing");
      take(option, arguments.get(i + 1));
      arguments.remove(i);
      arguments.remove(i);
    }
  }

  private void take(String option, String value) {
    switch (option) {
      case "--reads" -> readsPercent = Integer.parseInt(value);
      case "--keys" -> keys = Integer.parseInt(value);
      case "--value-bytes" -> valueBytes = Integer.parseInt(value);
      case "--clients" -> clients = Integer.parseInt(value);
      case "--pipeline" -> pipeline = Integer.parseInt(value);
      case "--rate" -> ratePerS = Double.parseDouble(value);
      case "--warm-up" -> warmUpS = Double.parseDouble(value);
      case "--seconds" -> runS = Double.parseDouble(value);
      default -> {
        for (String pid : value.split(",")) servers.add(Long.parseLong(pid));
      }
    }
  }

  // ---- operations ----

  private static final double THETA = 0.99;
  private static final double ALPHA = 1 / (1 - THETA);
  private static final double ZETA_OF_TWO = 1 + Math.pow(0.5, THETA);

  private final AtomicLong state = new AtomicLong();
  private double zeta = 0;
  private double eta = 0;

  /** splitmix64. */
  private long random() {
    long z = state.addAndGet(0x9e3779b97f4a7c15L);
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  private boolean nextReads() { return Long.remainderUnsigned(random(), 100) < readsPercent; }

  private int nextKey() {
    if (!zipfian) return (int) (((random() >>> 32) * keys) >>> 32);
    final double u = (random() >>> 11) * 0x1p-53;
    if (u * zeta < 1) return 0;
    if (u * zeta < ZETA_OF_TWO) return 1;
    return Math.min((int) (keys * Math.pow(eta * u - eta + 1, ALPHA)), keys - 1);
  }

  /** By hand: String.format would be what is measured. */
  private static String keyOf(int n) {
    final byte[] text = "key-000000000000".getBytes(StandardCharsets.ISO_8859_1);
    for (int i = text.length - 1; n > 0; --i, n /= 10) text[i] = (byte) ('0' + n % 10);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  // ---- the run ----

  private Map map;
  private byte[] value;
  private long opens, closes;
  private final ConcurrentHistogram latencies = new ConcurrentHistogram(3);
  private final AtomicLong done = new AtomicLong(), failed = new AtomicLong(), underWay = new AtomicLong();

  void run(Map on) throws Exception {
    map = on;
    value = "v".repeat(valueBytes).getBytes();
    if (zipfian) {
      for (int i = 1; i <= keys; ++i) zeta += 1 / Math.pow(i, THETA);
      eta = (1 - Math.pow(2.0 / keys, 1 - THETA)) / (1 - ZETA_OF_TWO / zeta);
    }
    fill();
    final long begins = System.nanoTime();
    opens = begins + (long) (warmUpS * 1e9);
    closes = opens + (long) (runS * 1e9);
    final double[] atOpening = new double[2], atClosing = new double[2];
    final Thread clock = new Thread(() -> {
      sleepUntil(opens);
      cpuNow(atOpening);
      sleepUntil(closes);
      cpuNow(atClosing);
    });
    clock.start();
    if (ratePerS > 0) openLoop(begins);
    else if (clients * pipeline == 1) waitingLoop();
    else for (int i = 0; i < clients * pipeline; ++i) start(System.nanoTime());
    clock.join();
    while (underWay.get() > 0) Thread.sleep(1);
    System.out.printf("%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t%d\t%.2f\t%.2f\t%.2f%n", done.get() / runS, us(50), us(99), us(99.9),
        latencies.getMaxValue() / 1e3, failed.get(), done.get(), runS, atClosing[0] - atOpening[0], atClosing[1] - atOpening[1]);
  }

  private void fill() throws Exception {
    for (int key = 0; key < keys;) {
      final List<CompletionStage<?>> batch = new ArrayList<>();
      for (; batch.size() < 256 && key < keys; ++key) batch.add(map.writeAsync(keyOf(key), value));
      for (CompletionStage<?> one : batch) one.toCompletableFuture().get();
    }
  }

  private void waitingLoop() {
    for (long now = System.nanoTime(); now < closes; now = System.nanoTime()) {
      boolean ok = true;
      final boolean reads = nextReads();
      final String key = keyOf(nextKey());
      try {
        if (reads) ok = map.get(key) != null;
        else map.write(key, value);
      } catch (Exception e) {
        ok = false;
      }
      note(now, ok);
    }
  }

  private void openLoop(long begins) {
    final long givesUp = closes + Math.max(closes - opens, 5_000_000_000L);
    final double intervalNs = 1e9 / ratePerS;
    long n = 0;
    for (long now = System.nanoTime(); now < givesUp; now = System.nanoTime()) {
      final long intended = begins + (long) (n * intervalNs);
      if (intended >= closes) return;
      if (intended > now) {
        sleepUntil(intended);
      } else if (underWay.get() < 100_000) {
        start(intended);
        ++n;
      } else {
        LockSupport.parkNanos(1_000_000);
      }
    }
    // What was never started counts with the time that it has waited.
    final long now = System.nanoTime();
    for (long intended; (intended = begins + (long) (n * intervalNs)) < closes; ++n) {
      if (intended >= opens) latencies.recordValue(now - intended);
    }
  }

  private void start(long since) {
    underWay.incrementAndGet();
    final boolean reads = nextReads();
    final String key = keyOf(nextKey());
    final CompletionStage<?> stage;
    try {
      stage = reads ? map.getAsync(key) : map.writeAsync(key, value);
    } catch (RuntimeException e) {
      finished(since, false);
      return;
    }
    // On the thread that completes it: nothing here blocks.
    stage.whenCompleteAsync((answer, error) -> finished(since, error == null && (!reads || answer != null)), Runnable::run);
  }

  private void finished(long since, boolean ok) {
    note(since, ok);
    final long now = System.nanoTime();
    if (ratePerS == 0 && now < closes) start(now);
    underWay.decrementAndGet();
  }

  private void note(long since, boolean ok) {
    final long now = System.nanoTime();
    if (!ok) failed.incrementAndGet();
    if (now >= opens && now < closes) done.incrementAndGet();
    final long at = ratePerS > 0 ? since : now;
    if (at >= opens && at < closes) latencies.recordValue(now - since);
  }

  private double us(double percentile) { return latencies.getValueAtPercentile(percentile) / 1e3; }

  private static void sleepUntil(long then) {
    for (long left; (left = then - System.nanoTime()) > 0;) LockSupport.parkNanos(left);
  }

  /** Of the servers, and of this process. */
  private void cpuNow(double[] into) {
    for (long pid : servers) into[0] += cpuSecondsOf(pid);
    into[1] = cpuSecondsOf(ProcessHandle.current().pid());
  }

  private static double cpuSecondsOf(long pid) {
    try {
      final String text = Files.readString(Path.of("/proc/" + pid + "/stat"));
      final String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;  // Ticks: USER_HZ is 100 wherever Java runs on Linux.
    } catch (java.io.IOException gone) {
      return 0;
    }
  }
}

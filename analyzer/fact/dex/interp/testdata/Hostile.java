import java.util.*;

/** Methods that must end in an error, and some that must not. */
public class Hostile {
    static int counter;
    static String name = "set elsewhere";
    static final Object LOGGER = java.util.logging.Logger.getLogger("x");
    static final String AFTER = "after".toUpperCase();
    public static String loop() { for (;;) { } }
    public static String recursion() { return recursion() + "x"; }
    public static String giant() { return "" + new int[Integer.MAX_VALUE].length; }
    public static String giantGrid() { return "" + new long[1 << 15][1 << 15][9].length; }
    public static String doubling() { String s = "x"; for (;;) s += s; }
    public static String builder() { StringBuilder s = new StringBuilder("abcdefgh"); for (;;) s.append(s); }
    public static String list() { List<Object> l = new ArrayList<Object>(); for (;;) l.add(l); }
    public static String selfText() { List<Object> l = new ArrayList<Object>(); l.add(l); l.add(l); return "" + l; }
    public static String map() { Map<Integer, int[]> m = new HashMap<Integer, int[]>(); for (int i = 0; ; i++) m.put(i, new int[100]); }
    public static String replacing() { String s = "a"; for (;;) s = s.replace("a", "aaaaaaaaaaaaaaaa"); }
    public static String searching() { char[] c = new char[1 << 20]; String s = new String(c); int n = 0; for (;;) n += s.indexOf(s.substring(1 << 19) + "x"); }
    public static String padding() { String f = "%999999d"; for (;;) f += String.format(f, 1); }
    public static String power() { java.math.BigInteger b = java.math.BigInteger.TEN; for (;;) b = b.multiply(b); }
    public static String rounds() throws Exception { return "" + javax.crypto.SecretKeyFactory.getInstance("PBKDF2WithHmacSHA1").generateSecret(new javax.crypto.spec.PBEKeySpec(new char[3], new byte[8], Integer.MAX_VALUE, 256)); }
    public static String regexp() { char[] c = new char[1 << 18]; Arrays.fill(c, 'a'); String s = new String(c); for (;;) if (s.matches("(a*)*b")) return "x"; }
    public static String bomb(byte[] z) throws Exception { java.io.InputStream in = new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(z)); return "" + in.read(); }
    public static String clock() { return "" + System.currentTimeMillis(); }
    public static String file() throws Exception { return "" + new java.io.FileInputStream("/etc/passwd").read(); }
    public static String dice() { return "" + new Random().nextInt(); }
    public static String thread() { new Thread().start(); return ""; }
    public static String reflection() throws Exception { return "" + Class.forName("x"); }
    public static String identity() { return "" + new Object().hashCode(); }
    public static String counting() { return "" + counter++; }
    public static void set(String s) { name = s; }
    public static String readsName() { return name; }
    public static String own() { counter = 5; return "" + counter; }
    public static String logs() { return AFTER; }
    public static String logger() { return LOGGER == null ? "a" : "b"; }
    public static int length(String s) { return s.length(); }
    public static byte[] mutate(byte[] b) { b[0] = 9; return b; }
    public static long wide(int a, long b, double c, float d) { return a + b + (long) c + (long) d; }
    public static String xor(String s, int k) { char[] c = s.toCharArray(); for (int i = 0; i < c.length; i++) c[i] = (char) (c[i] ^ (k + i & 31)); return new String(c); }
    public static int spin(int n) { int h = 7; for (int i = 0; i < n; i++) { h = h * 31 + (i ^ h >>> 3); } return h; }
}

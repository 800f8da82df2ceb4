import java.io.*;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.security.MessageDigest;
import java.util.*;
import java.util.zip.*;
import javax.crypto.*;
import javax.crypto.spec.*;

/** Every static method without parameters is a case: it runs here on a dex and on a Java machine alike. */
public class Cases {
    static final int[] TABLE = new int[256];
    static final char[] KEY = {'k', '\u00e9', 'y', '7', '\u1234', 'q', 'Z', '0'};
    static final String[] NAMES = new String[8];
    static final byte[] BYTES = {1, -2, 3, -4, 127, -128, 55, 90, 12, 13, 14, 15, 16, 17, 18, 19};
    static final long SEED = 0x123456789abcdefL;
    static final float F = 1.5f;
    static final double D = -2.25;
    static final String TEXT = "consta\u0000nt\ud800x";
    static {
        for (int i = 0; i < 256; i++) { int c = i; for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? c >>> 1 ^ 0xEDB88320 : c >>> 1; TABLE[i] = c; }
        for (int i = 0; i < NAMES.length; i++) NAMES[i] = "n" + (char) ('a' + i) + i * i;
    }

    static String xor(String s, int key) { char[] c = s.toCharArray(); for (int i = 0; i < c.length; i++) c[i] = (char) (c[i] ^ key + i * 7); return new String(c); }
    static String hex(byte[] b) { StringBuilder s = new StringBuilder(); for (byte x : b) { s.append(Character.forDigit(x >> 4 & 15, 16)).append(Character.forDigit(x & 15, 16)); } return s.toString(); }
    static byte[] unhex(String s) { byte[] b = new byte[s.length() / 2]; for (int i = 0; i < b.length; i++) b[i] = (byte) Integer.parseInt(s.substring(2 * i, 2 * i + 2), 16); return b; }
    static byte[] utf(String s) { try { return s.getBytes("UTF-8"); } catch (UnsupportedEncodingException e) { return null; } }

    public static String xorString() { return xor(xor("http://example.invalid/a?b=c", 0x5a), 0x5a) + xor("abc", 300); }
    public static String xorBytes() { byte[] b = utf("secret.example.invalid"); for (int i = 0; i < b.length; i++) b[i] ^= BYTES[i % BYTES.length]; return hex(b) + new String(b, 0, 4, Charset.forName("ISO-8859-1")); }
    public static String reversal() { return new StringBuilder("moc.elpmaxe//:ptth").reverse().toString() + new StringBuffer("a\ud83d\ude00b").reverse(); }
    public static String caesar() { String o = ""; for (char c : "Uryyb Jbeyq".toCharArray()) { if (c >= 'a' && c <= 'z') c = (char) ((c - 'a' + 13) % 26 + 'a'); else if (c >= 'A' && c <= 'Z') c = (char) ((c - 'A' + 13) % 26 + 'A'); o += c; } return o; }
    public static String crcTable() { int c = -1; for (byte b : utf("123456789")) c = TABLE[(c ^ b) & 255] ^ c >>> 8; return Integer.toHexString(~c); }
    public static String names() { String s = ""; for (String n : NAMES) s += n + ","; return s; }
    public static String constants() { return TEXT + SEED + F + D + TEXT.length(); }
    public static String base64Des() throws Exception {
        char[] k = KEY; byte[] key = new String(k).getBytes("UTF-8");
        SecretKey sk = SecretKeyFactory.getInstance("DES").generateSecret(new DESKeySpec(key));
        Cipher c = Cipher.getInstance("DES/CBC/PKCS5Padding"); IvParameterSpec iv = new IvParameterSpec("12345678".getBytes("UTF-8"));
        c.init(Cipher.ENCRYPT_MODE, sk, iv); String e = Base64.getEncoder().encodeToString(c.doFinal(utf("rebootv5.example.invalid")));
        c.init(Cipher.DECRYPT_MODE, sk, iv); return e + "|" + new String(c.doFinal(Base64.getDecoder().decode(e)), "UTF-8") + hex(sk.getEncoded());
    }
    static String run(String t, byte[] key, byte[] iv) throws Exception {
        Cipher c = Cipher.getInstance(t); SecretKeySpec k = new SecretKeySpec(key, t.split("/")[0]);
        IvParameterSpec p = iv == null ? null : new IvParameterSpec(iv);
        byte[] in = utf(t.contains("NoPadding") && !t.contains("CTR") ? "0123456789abcdef0123456789ABCDEF" : "some text that is no whole block");
        if (p == null) c.init(1, k); else c.init(1, k, p);
        byte[] e = c.doFinal(in);
        if (p == null) c.init(2, k); else c.init(2, k, p);
        return hex(e) + new String(c.doFinal(e), "UTF-8");
    }
    static final byte[] K16 = "0123456789abcdef".getBytes(), IV16 = "fedcba9876543210".getBytes();
    public static String aesEcb() throws Exception { return run("AES/ECB/PKCS5Padding", K16, null) + run("AES/ECB/NoPadding", K16, null) + run("AES", K16, null); }
    public static String aesCbc() throws Exception { return run("AES/CBC/PKCS5Padding", K16, IV16) + run("AES/CBC/NoPadding", Arrays.copyOf(K16, 32), IV16); }
    public static String aesCtr() throws Exception { return run("AES/CTR/NoPadding", K16, IV16); }
    public static String aesCfb() throws Exception { return run("AES/CFB/NoPadding", K16, IV16) + run("AES/CFB8/NoPadding", K16, IV16) + run("AES/CFB/PKCS5Padding", K16, IV16); }
    public static String aesOfb() throws Exception { return run("AES/OFB/NoPadding", K16, IV16); }
    public static String aesGcm() throws Exception {
        Cipher c = Cipher.getInstance("AES/GCM/NoPadding"); c.init(1, new SecretKeySpec(K16, "AES"), new GCMParameterSpec(128, Arrays.copyOf(IV16, 12)));
        byte[] e = c.doFinal(utf("gcm text")); c.init(2, new SecretKeySpec(K16, "AES"), new GCMParameterSpec(128, Arrays.copyOf(IV16, 12))); return hex(e) + new String(c.doFinal(e)); }
    public static String desEde() throws Exception { return run("DESede/CBC/PKCS5Padding", Arrays.copyOf(IV16, 24), Arrays.copyOf(K16, 8)) + run("DES/ECB/PKCS5Padding", Arrays.copyOf(K16, 8), null); }
    public static String rc4() throws Exception { return run("RC4", K16, null) + run("Blowfish/ECB/PKCS5Padding", K16, null); }
    public static String rc4ByHand() { int[] s = new int[256]; for (int i = 0; i < 256; i++) s[i] = i; int j = 0; for (int i = 0; i < 256; i++) { j = j + s[i] + K16[i % 16] & 255; int t = s[i]; s[i] = s[j]; s[j] = t; }
        byte[] o = utf("plain text"); int a = 0, b = 0; for (int i = 0; i < o.length; i++) { a = a + 1 & 255; b = b + s[a] & 255; int t = s[a]; s[a] = s[b]; s[b] = t; o[i] ^= s[s[a] + s[b] & 255]; } return hex(o); }
    public static String badPadding() { try { Cipher c = Cipher.getInstance("AES/CBC/PKCS5Padding"); c.init(2, new SecretKeySpec(K16, "AES"), new IvParameterSpec(IV16)); return new String(c.doFinal(K16)); } catch (Exception e) { return e.getClass().getName(); } }
    public static String digests() throws Exception { String s = ""; for (String n : new String[] {"MD5", "SHA-1", "SHA1", "SHA-256", "SHA-512", "sha-384"}) s += hex(MessageDigest.getInstance(n).digest(utf(n))) + "\n"; MessageDigest d = MessageDigest.getInstance("MD5"); d.update(utf("a")); d.update((byte) 'b'); d.update(utf("xcx"), 1, 1); return s + hex(d.digest()); }
    public static String macs() throws Exception { String s = ""; for (String n : new String[] {"HmacMD5", "HmacSHA1", "HmacSHA256"}) { Mac m = Mac.getInstance(n); m.init(new SecretKeySpec(K16, n)); m.update(utf("x")); s += hex(m.doFinal(utf("yz"))); } return s; }
    public static String pbkdf2() throws Exception { return hex(SecretKeyFactory.getInstance("PBKDF2WithHmacSHA1").generateSecret(new PBEKeySpec("p\u00e4ss".toCharArray(), K16, 100, 256)).getEncoded()); }
    public static String gzip() throws Exception {
        byte[] z = unhex("1f8b0800000000000203cb28292928b6d2d74fad48cc2dc849d5cbcc2b4bccc94cd14fafca2c504025007768e64d2b000000"); String s = ""; for (int cut = 0; cut < 12; cut += 9) try { GZIPInputStream g = new GZIPInputStream(new ByteArrayInputStream(z, 0, cut == 0 ? z.length : cut)); byte[] b = new byte[16]; int n; while ((n = g.read(b)) > 0) s += new String(b, 0, n, "UTF-8"); } catch (IOException e) { s += "io"; } return s; }
    public static String inflater() throws Exception { Inflater f = new Inflater(); f.setInput(unhex("789c4b4c4a0600024d0127")); byte[] o = new byte[10]; int n = f.inflate(o); return new String(o, 0, n) + f.finished(); }
    public static String inflaterStream() throws Exception { InflaterInputStream s = new InflaterInputStream(new ByteArrayInputStream(unhex("789c4b4c4a0600024d0127"))); ByteArrayOutputStream o = new ByteArrayOutputStream(); byte[] b = new byte[2]; int n; while ((n = s.read(b)) > 0) o.write(b, 0, n); o.write('!'); return o.toString("UTF-8") + o.size(); }
    public static String crc32() { CRC32 c = new CRC32(); c.update(utf("hello")); Adler32 a = new Adler32(); a.update(utf("hello")); return c.getValue() + " " + a.getValue(); }
    static int sw(String s) { switch (s) { case "Aa": return 1; case "BB": return 2; case "other": return 3; default: return -1; } }
    public static String stringSwitch() { return "" + sw("Aa") + sw("BB") + sw("other") + sw("x"); }
    public static String intSwitch() { String s = ""; for (int i = -3; i < 2000; i += 1) { switch (i) { case 0: s += "z"; break; case 1: case 2: s += i; break; case 1000: s += "t"; break; case -2: s += "m"; break; case 3: s += "3"; } } return s; }
    static class Node { int v; Node next; long w; String n = "n"; Node(int v, Node next) { this.v = v; this.next = next; w = (long) v << 33; } int sum() { return v + (next == null ? 0 : next.sum()); } }
    static class Sub extends Node { byte b; Sub(int v) { super(v, new Node(v * 2, null)); b = (byte) v; } @Override int sum() { return super.sum() * 10 + b; } @Override public String toString() { return "Sub" + v + n; } }
    interface Step { String step(String s); }
    class Inner implements Step { public String step(String s) { return s + base; } }
    String base = "B";
    public static String nested() { Cases c = new Cases(); Step s = c.new Inner(); Step t = new Step() { public String step(String x) { return x.toUpperCase(); } }; return t.step(s.step("q")) + new Sub(200).sum() + new Sub(5) + new Sub(7).w; }
    enum Color { RED, GREEN { String x() { return "g!"; } }; String x() { return name().toLowerCase() + ordinal(); } }
    public static String enums() { return Color.RED.x() + Color.GREEN.x() + Color.values().length + Color.GREEN; }
    static class Own extends Exception { int code; Own(String m, int c) { super(m); code = c; } }
    static int thrower(int i) throws Own { if (i == 3) throw new Own("three", 33); if (i == 4) throw new IllegalStateException("four"); return 10 / (i - 5); }
    public static String exceptions() { StringBuilder s = new StringBuilder(); for (int i = 2; i < 7; i++) { try { s.append(thrower(i)); } catch (Own e) { s.append(e.getMessage()).append(e.code); } catch (RuntimeException e) { s.append(e.getClass().getName()); } finally { s.append(';'); } } return s.toString(); }
    public static String builtinExceptions() { String r = ""; for (int i = 0; i < 9; i++) { try { switch (i) { case 0: r += (new int[2])[5]; break; case 1: r += "abc".charAt(7); break; case 2: r += ((String) null).length(); break; case 3: r += (String) (Object) Integer.valueOf(3); break; case 4: r += new int[-1].length; break; case 5: r += Integer.parseInt("x1"); break; case 6: r += "abc".substring(2, 1); break; case 7: r += new ArrayList<String>().get(0); break; case 8: Object[] o = new String[1]; o[0] = 1; } } catch (RuntimeException e) { r += e.getClass().getSimpleName() + " "; } } return r; }
    public static String longs() { long x = SEED; String s = ""; for (int i = 0; i < 70; i += 9) s += (x << i) + "," + (x >> i) + "," + (x >>> i) + "," + (-x >>> i) + ";"; return s + Long.MIN_VALUE / -1 + Long.MIN_VALUE % -1 + (x * x) + (x / 77) + (-x % 1000) + (~x ^ 5 | 9 & x); }
    public static String ints() { int x = 0x87654321; String s = ""; for (int i = -3; i < 40; i += 5) s += (x << i) + "," + (x >> i) + "," + (x >>> i) + ";"; return s + Integer.MIN_VALUE / -1 + -7 / 2 + -7 % 2 + x * x + (byte) x + (short) x + (char) x + (x + (long) x); }
    public static String floats() { float f = 1.1f; double d = 1.1; String s = "" + f * f + d * d + (float) d / 3 + 1 / d + 5.5 % 2.3 + -5.5f % 2.3f + 1e10 + 1e-5 + 100.0 + 1.0E7 + 123456.789f + (0.1 + 0.2) + Float.MAX_VALUE + Double.MAX_VALUE; return s + (int) 3.99e20 + (long) -1e30 + (int) Float.NaN + (char) 65.7 + (0.0 / 0 > 1) + (0.0 / 0 < 1) + (float) 16777217 + 1 / 0.0 + -1 / 0.0; }
    static int cmp(double a, double b) { return a < b ? -1 : a > b ? 1 : a == b ? 0 : 9; }
    public static String compares() { return "" + cmp(1, 2) + cmp(2, 1) + cmp(1, 1) + cmp(Double.NaN, 1) + (1.0f <= Float.NaN) + (0.0 == -0.0) + Double.compare(0.0, -0.0) + Long.compare(5, 6); }
    public static String conversions() { long l = 0xfedcba9876543210L; return (int) l + "," + (short) l + "," + (byte) l + "," + (float) (l >> 40) + "," + (double) (l >> 40) + "," + (long) (float) 1e18 + "," + (char) l + Float.floatToIntBits(1.5f) + Double.doubleToLongBits(-0.1) + Float.intBitsToFloat(0x41200000); }
    public static String builderEdits() { StringBuilder s = new StringBuilder("hello world"); s.insert(0, 12).insert(3, 'c').insert(5, true).deleteCharAt(2).delete(1, 3).replace(0, 2, "ZZZ").setCharAt(1, 'q'); s.append(1.5f).append(2.5).append('x').append(7L).append(false).append((Object) null).append(new char[] {'1', '2'}).append("abcdef", 1, 3).append(new char[] {'a', 'b', 'c'}, 1, 2); s.setLength(s.length() - 1); s.appendCodePoint(0x1f600); return s + "|" + s.indexOf("o") + s.lastIndexOf("o") + s.substring(3, 6) + s.charAt(2); }
    public static String formats() { return String.format("%s|%5d|%-6s|%05d|%x|%X|%c|%b|%%|%08.3f|%,d|%+d|%2$s|%s", "a", 42, "bc", -37, 255, -1, 'q', true, 3.14159, 1234567, 5, null) + String.format("%02x%02X", (byte) -3, (byte) 10) + String.format("%10s|%.2s|%.0f|%.1f|%o", "r", "trunc", 2.5, 0.25, 8); }
    public static String splits() { return Arrays.toString("a,b,,c,,".split(",")) + Arrays.toString("a1b22c".split("[0-9]+")) + Arrays.toString("a.b.c".split("\\.", 2)) + Arrays.toString(",x,".split(",", -1)) + Arrays.toString("abc".split("")) + Arrays.toString("".split(",")) + Arrays.toString("a|b".split("\\|")) + Arrays.toString(",".split(",")) ; }
    public static String regexps() { return "a1b2c3".replaceAll("[a-c](\\d)", "<$1>") + "foo.bar".replaceFirst("\\.", "/") + "x".matches("[xyz]") + "xx".matches("x") + "a  b   c".replaceAll("\\s+", "_") + "abc".replaceAll("", "-") + "a.b".replace(".", "") + "aaa".replace("aa", "b") + "abc".replace("", "-") + "xyx".replace('x', 'w'); }
    public static String big() { BigInteger a = new BigInteger("123456789012345678901234567890"), b = BigInteger.valueOf(-987654321); return a.add(b) + "," + a.multiply(b) + "," + a.mod(BigInteger.valueOf(97)) + "," + b.divide(BigInteger.valueOf(7)) + b.remainder(BigInteger.TEN) + "," + a.modPow(new BigInteger("65537"), new BigInteger("1000000007")) + hex(b.toByteArray()) + a.toString(16) + new BigInteger("ff", 16) + new BigInteger(new byte[] {-1, 0}) + new BigInteger(1, new byte[] {-1, 0}) + a.shiftRight(5) + b.shiftRight(3) + b.not() + a.bitLength() + a.intValue() + b.longValue() + a.gcd(BigInteger.valueOf(30)) + BigInteger.valueOf(3).modInverse(BigInteger.valueOf(11)) + a.compareTo(b) + BigInteger.ONE.equals(BigInteger.valueOf(1)) + BigInteger.valueOf(2).pow(100); }
    public static String random() { Random r = new Random(42); String s = ""; for (int i = 0; i < 5; i++) s += r.nextInt() + "," + r.nextInt(100) + "," + r.nextInt(64) + "," + r.nextLong() + "," + r.nextBoolean() + "," + r.nextDouble() + "," + r.nextFloat() + ";"; byte[] b = new byte[7]; r.nextBytes(b); return s + hex(b); }
    public static String strings() { String s = "Hello, World"; return s.indexOf('o') + "," + s.indexOf("o", 5) + s.lastIndexOf('o') + s.lastIndexOf("l", 5) + s.contains("World") + s.startsWith("World", 7) + s.endsWith("ld") + s.toUpperCase() + s.toLowerCase(Locale.US) + "  t ".trim() + "|" + s.concat("!") + s.compareTo("Help") + "b".compareToIgnoreCase("A") + s.equalsIgnoreCase("hELLO, wORLD") + s.hashCode() + s.isEmpty() + s.regionMatches(true, 7, "WORLD", 0, 5) + String.valueOf(new char[] {'a', 'b'}) + String.valueOf(new char[] {'a', 'b', 'c'}, 1, 2) + String.copyValueOf(new char[] {'z'}) + String.join("-", "a", "b") + "stra\u00dfe".toUpperCase() + s.codePointAt(1) + s.subSequence(1, 3) + new String(new int[] {72, 0x1f600}, 0, 2); }
    public static String surrogates() { String s = "a\ud83dx\ude00\ud83d\ude00"; return s.length() + "," + (int) s.charAt(1) + s.codePointAt(4) + hex(utf(s)) + s.hashCode() + s; }
    public static String charsets() throws Exception { String s = "h\u00e9\u4e2d\ud83d\ude00"; String r = ""; for (String c : new String[] {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "US-ASCII"}) r += hex(s.getBytes(c)) + new String(s.getBytes(c), c) + ";"; return r + new String(unhex("61c3e4b8ff80f09f98"), "UTF-8") + new String(unhex("ff00"), "ISO-8859-1") + new String(unhex("eda080c0af"), "UTF-8"); }
    public static String characters() { String s = ""; for (char c : "aZ5 _\u00e9\u4e2d\n".toCharArray()) s += Character.isLetter(c) + "" + Character.isDigit(c) + Character.isWhitespace(c) + Character.isUpperCase(c) + Character.toUpperCase(c) + Character.digit(c, 16) + Character.getNumericValue(c) + ","; return s + Character.toChars(0x1f600).length; }
    public static String boxes() { Integer a = 100, b = 100, c = 1000, d = 1000; Long l = 5L; return (a == b) + "" + (c == d) + c.equals(d) + l.equals(5) + l.hashCode() + Boolean.valueOf("TRUE") + Integer.valueOf("-12") + Integer.toHexString(-5) + Integer.toBinaryString(10) + Long.toHexString(-1L) + Integer.parseInt("zz", 36) + Integer.decode("0x1F") + Long.parseLong("-99") + Byte.parseByte("-5") + Integer.toString(255, 16) + c.byteValue() + Integer.reverse(6) + Integer.bitCount(255) + Integer.rotateLeft(0x80000001, 3) + Double.parseDouble("1e3") + Float.valueOf("2.5") + Short.valueOf((short) 3) + Character.valueOf('x').hashCode() + Double.valueOf(3.7).intValue() + Integer.MAX_VALUE + Double.valueOf(2.5).hashCode(); }
    public static String maths() { return Math.max(3, -4) + "," + Math.min(3L, 9L) + Math.abs(-7) + Math.abs(Integer.MIN_VALUE) + Math.sqrt(2) + Math.floor(-1.5) + Math.ceil(1.2) + Math.round(2.5) + Math.round(-2.5) + Math.round(1.4f) + Math.pow(2, 10) + Math.floorMod(-7, 3) + Math.rint(2.5); }
    public static String lists() { List<String> l = new ArrayList<String>(); for (String s : "d,a,c,b".split(",")) l.add(s); l.add(1, "x"); l.remove("c"); l.remove(0); Collections.sort(l); LinkedList<Integer> q = new LinkedList<Integer>(); q.add(3); q.addFirst(1); q.addLast(9); Vector<Object> v = new Vector<Object>(l); Stack<String> st = new Stack<String>(); st.push("p"); st.push("q"); String s = ""; for (String x : l) s += x; return s + l + q + q.removeFirst() + q.peek() + v.size() + st.pop() + st.peek() + l.contains("a") + l.indexOf("b") + Arrays.asList("m", "n") + l.toArray(new String[0]).length + l.equals(Arrays.asList("a", "b", "x")) + l.hashCode(); }
    public static String maps() { Map<String, Integer> m = new HashMap<String, Integer>(); for (int i = 0; i < 40; i++) m.put("key" + i * 37 % 101, i); m.remove("key0"); String s = ""; for (Map.Entry<String, Integer> e : m.entrySet()) s += e.getKey() + "=" + e.getValue() + ";"; Map<Integer, String> n = new HashMap<Integer, String>(); for (int i = 0; i < 30; i++) n.put(i * 7919, "v" + i); return s + n + n.get(7919) + m.containsKey("key3") + new TreeLike().go(); }
    static class TreeLike { String go() { Map<String, String> m = new LinkedHashMap<String, String>(); m.put("z", "1"); m.put("a", "2"); m.put("z", "3"); Set<String> h = new HashSet<String>(Arrays.asList("one", "two", "three", "four", "five")); Hashtable<String, String> t = new Hashtable<String, String>(); t.put("k", "v"); return m + "" + h + t.get("k") + m.keySet() + m.values(); } }
    public static String arrays() { int[] a = {5, 3, 9, 1}; int[] b = Arrays.copyOf(a, 6), c = Arrays.copyOfRange(a, 1, 3); Arrays.sort(a); long[] l = new long[3]; Arrays.fill(l, 7L); System.arraycopy(b, 0, b, 1, 4); boolean[] z = {true, false}; double[] d = {1.5}; float[] f = {2f}; short[] s = {-1}; int[][] m = new int[2][3]; m[1][2] = 8; String[][] t = {{"a"}, {"b", "c"}}; return Arrays.toString(a) + Arrays.toString(b) + Arrays.toString(c) + Arrays.toString(l) + Arrays.toString(z) + d[0] + f[0] + s[0] + m[1][2] + t[1][1] + Arrays.equals(a, a.clone()) + Arrays.hashCode(a) + m.length + Arrays.hashCode(new Object[] {"x", 1, null}); }
    public static String buffers() { ByteBuffer b = ByteBuffer.allocate(16); b.putInt(0x01020304).order(ByteOrder.LITTLE_ENDIAN).putLong(-2L).putShort((short) 7).put((byte) 9); b.flip(); return hex(b.array()) + b.getInt() + b.remaining() + b.get(3) + ByteBuffer.wrap(BYTES).getLong(); }
    public static String urls() throws Exception { return java.net.URLEncoder.encode("a b&c=\u00e9/~*-._", "UTF-8") + java.net.URLDecoder.decode("a+b%26c%3D%C3%A9", "UTF-8"); }
    public static String base64() { Base64.Encoder e = Base64.getEncoder(); return e.encodeToString(BYTES) + Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[] {-1, -2, -3, -4}) + new String(Base64.getDecoder().decode("aGVsbG8="), Charset.forName("UTF-8")) + Base64.getMimeEncoder().encodeToString(new byte[70]) + hex(Base64.getMimeDecoder().decode("aG Vs\nbG8=")) + hex(Base64.getUrlDecoder().decode("_-8")); }
    public static String base64ByHand() { String al = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; String in = "aHR0cDovL2V4YW1wbGUuaW52YWxpZA"; StringBuilder o = new StringBuilder(); int acc = 0, bits = 0; for (int i = 0; i < in.length(); i++) { acc = acc << 6 | al.indexOf(in.charAt(i)); bits += 6; if (bits >= 8) { bits -= 8; o.append((char) (acc >> bits & 255)); } } return o.toString(); }
    public static String tea() { int[] k = {1, 2, 3, 4}; int v0 = 0xdeadbeef, v1 = 0xcafebabe, sum = 0; for (int i = 0; i < 32; i++) { sum += 0x9e3779b9; v0 += (v1 << 4) + k[0] ^ v1 + sum ^ (v1 >>> 5) + k[1]; v1 += (v0 << 4) + k[2] ^ v0 + sum ^ (v0 >>> 5) + k[3]; } return Integer.toHexString(v0) + Integer.toHexString(v1); }
    public static String lcg() { long x = 1; String s = ""; for (int i = 0; i < 20; i++) { x = x * 6364136223846793005L + 1442695040888963407L; s += (char) ('a' + (x >>> 33) % 26); } return s; }
    public static String intern() { String a = new String("in") + "terned"; return (a == "interned") + "" + (a.intern() == "interned") + ("x" + a.length() == "x8"); }
    public static String castsAndTypes() { Object[] all = {"s", 1, 2L, 'c', new int[0], new String[0], new ArrayList<String>(), new Sub(1), null}; String r = ""; for (Object o : all) r += (o instanceof String) + "" + (o instanceof Number) + (o instanceof CharSequence) + (o instanceof Object[]) + (o instanceof List) + (o instanceof Node) + (o instanceof Comparable) + ","; return r + String.class.getName() + int[].class.getName() + Sub.class.getSimpleName(); }
    static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
    public static String recursion() { return "" + fib(15); }
    static String var(String... s) { String r = ""; for (String x : s) r = x + r; return r + s.length; }
    public static String varargs() { return var("a", "b", "c") + var() + many(1, 2L, 3f, 4d, 'c', (byte) 6, (short) 7, true, "i"); }
    static String many(int a, long b, float c, double d, char e, byte f, short g, boolean h, String i) { return a + "" + b + c + d + e + f + g + h + i; }
    static class Lazy { static int n = 5; static final Integer BOXED = 7; static { n *= 3; } static class Bad { static int x = 1 / (n - 15); } }
    public static String initialisers() { String s = "" + Lazy.n + Lazy.BOXED; try { s += Lazy.Bad.x; } catch (ExceptionInInitializerError e) { s += "EIIE"; } try { s += Lazy.Bad.x; } catch (NoClassDefFoundError e) { s += "NCDFE"; } return s; }
    public static String finallyOrder() { StringBuilder s = new StringBuilder(); try { try { s.append(1); throw new RuntimeException("x"); } finally { s.append(2); } } catch (RuntimeException e) { s.append(e.getMessage()); } synchronized (s) { s.append(3); } return s.toString(); }
    public static String messages() { Exception e = new RuntimeException("a", new IOException("b")); return e.getCause().getMessage() + e + new RuntimeException(new Own("z", 1)).getMessage() + new Own(null, 1).getMessage(); }
    public static String labelled() { int n = 0; outer: for (int i = 0; i < 10; i++) for (int j = 0; j < 10; j++) { if (i * j > 20) break outer; if (j > i) continue outer; n += i * j; } return "" + n + (n > 5 ? n < 100 ? "m" : "l" : "s"); }
    public static String shuffled() { String s = "abcdefghij"; int[] p = {3, 1, 4, 0, 5, 9, 2, 6, 8, 7}; char[] c = new char[10]; for (int i = 0; i < 10; i++) c[p[i]] = s.charAt(i); return String.valueOf(c); }
    public static String uncaught() { return "" + new int[1][0].length + "abc".charAt(-1); }
    public static String bytesTricks() { byte b = (byte) 200; b += 100; b >>>= 1; short s = (short) (b << 9); s ^= 0x55; char c = 'a'; c += 5; c *= 2; int i = 'a' + b; i <<= 33; long l = b & 0xffL; l |= (long) s << 40; return b + "," + s + "," + (int) c + "," + i + "," + l; }
    public static String comparators() { List<String> l = new ArrayList<String>(Arrays.asList("b", "A", "c")); Collections.sort(l, String.CASE_INSENSITIVE_ORDER); String s = l.toString(); Collections.sort(l, new Comparator<String>() { public int compare(String a, String b) { return b.compareTo(a); } }); return s + l; }
}

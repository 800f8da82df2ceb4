# Strings written as arrays, the way a known update client hides its servers, and things that look alike.
.class public Lx/Arrays;
.super Ljava/lang/Object;

.field private static final HOST:[C

.method static constructor <clinit>()V
    .registers 2
    const/16 v0, 13
    new-array v0, v0, [C
    fill-array-data v0, :host
    sput-object v0, Lx/Arrays;->HOST:[C
    return-void
    :host
    .array-data 2
        0x73 0x74 0x61 0x74 0x73 0x2e 0x78 0x79 0x7a 0x7a 0x2e 0x63 0x6e
    .end array-data
.end method

# String.valueOf over a payload: "http://upd.example.net/"
.method public static payload()Ljava/lang/String;
    .registers 2
    const/16 v0, 23
    new-array v0, v0, [C
    fill-array-data v0, :data
    invoke-static {v0}, Ljava/lang/String;->valueOf([C)Ljava/lang/String;
    move-result-object v0
    return-object v0
    :data
    .array-data 2
        0x68 0x74 0x74 0x70 0x3a 0x2f 0x2f 0x75 0x70 0x64 0x2e 0x65 0x78 0x61 0x6d 0x70 0x6c 0x65 0x2e 0x6e 0x65 0x74 0x2f
    .end array-data
.end method

# aput of constants, out of order, then new String(byte[]): "su"
.method public static aput()Ljava/lang/String;
    .registers 6
    const/4 v0, 2
    new-array v1, v0, [B
    const/4 v2, 1
    const/16 v3, 0x75
    aput-byte v3, v1, v2
    const/4 v2, 0
    const/16 v3, 0x73
    aput-byte v3, v1, v2
    new-instance v4, Ljava/lang/String;
    invoke-direct {v4, v1}, Ljava/lang/String;-><init>([B)V
    return-object v4
.end method

# filled-new-array of code points, new String(int[], int, int) of a part: "ok"
.method public static filled()Ljava/lang/String;
    .registers 8
    const/16 v0, 0x6f
    const/16 v1, 0x6b
    const/16 v2, 0x21
    filled-new-array {v0, v1, v2}, [I
    move-result-object v3
    const/4 v4, 0
    const/4 v5, 2
    new-instance v6, Ljava/lang/String;
    invoke-direct {v6, v3, v4, v5}, Ljava/lang/String;-><init>([III)V
    return-object v6
.end method

# short[] of text that code turns into a string elsewhere: "api.x.com"
.method public static shorts()[S
    .registers 2
    const/16 v0, 9
    new-array v0, v0, [S
    fill-array-data v0, :data
    return-object v0
    :data
    .array-data 2
        0x61 0x70 0x69 0x2e 0x78 0x2e 0x63 0x6f 0x6d
    .end array-data
.end method

# all elements are constants, then one is overwritten with a parameter: no string
.method public static overwritten(C)Ljava/lang/String;
    .registers 5
    const/4 v0, 1
    new-array v1, v0, [C
    const/16 v2, 0x61
    const/4 v3, 0
    aput-char v2, v1, v3
    aput-char p0, v1, v3
    invoke-static {v1}, Ljava/lang/String;->valueOf([C)Ljava/lang/String;
    move-result-object v0
    return-object v0
.end method

# one element comes from a parameter, one array is numbers, one depends on a branch: no strings
.method public static none(C)V
    .registers 7
    const/4 v0, 4
    new-array v1, v0, [C
    const/16 v2, 0x61
    const/4 v3, 0
    aput-char v2, v1, v3
    const/4 v3, 1
    aput-char p0, v1, v3
    const/4 v3, 2
    aput-char v2, v1, v3
    const/4 v3, 3
    aput-char v2, v1, v3
    new-array v1, v0, [I
    fill-array-data v1, :numbers
    const/4 v0, 1
    new-array v1, v0, [C
    const/4 v3, 0
    const/16 v2, 0x62
    if-eqz p0, :join
    const/16 v2, 0x63
    :join
    aput-char v2, v1, v3
    invoke-static {v1}, Ljava/lang/String;->valueOf([C)Ljava/lang/String;
    return-void
    :numbers
    .array-data 4
        0x20 0x40 0x60 0x7e
    .end array-data
.end method

# Calls that leave the dex, by name and by inheritance, strings in code, values and annotations, every switch.
.class public Lx/Main;
.super Landroid/app/Activity;
.implements Ljava/lang/Runnable;

.annotation runtime Lx/Path;
    value = "/v1/upload"
    list = { "one", "two" }
.end annotation

.field public static final URL:Ljava/lang/String; = "http://static.example.org/"

.method public run()V
    .registers 4
    .annotation runtime Lx/Get;
        value = "/v1/get"
    .end annotation
    const-string v0, "phone"
    invoke-virtual {p0, v0}, Lx/Main;->getSystemService(Ljava/lang/String;)Ljava/lang/Object;
    move-result-object v0
    check-cast v0, Landroid/telephony/TelephonyManager;
    :try
    invoke-virtual {v0}, Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;
    move-result-object v1
    :end
    .catch Ljava/lang/SecurityException; {:try .. :end} :handler
    .catchall {:try .. :end} :all
    invoke-static {v1}, Lx/Main;->own(Ljava/lang/String;)V
    invoke-virtual/range {v0 .. v0}, Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;
    return-void
    :handler
    const-string/jumbo v0, "\ud83d\ude00 \u0000 \ud800 \u00e9"
    return-void
    :all
    return-void
.end method

.method public static own(Ljava/lang/String;)V
    .registers 3
    const/4 v0, 1
    packed-switch v0, :packed
    sparse-switch v0, :sparse
    return-void
    :a
    return-void
    :b
    return-void
    :packed
    .packed-switch 0x1
        :a
        :b
    .end packed-switch
    :sparse
    .sparse-switch
        0x1 -> :a
        0x7fffffff -> :b
    .end sparse-switch
.end method

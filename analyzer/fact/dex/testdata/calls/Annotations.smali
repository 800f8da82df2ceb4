.class public abstract interface annotation Lx/Path;
.super Ljava/lang/Object;
.implements Ljava/lang/annotation/Annotation;

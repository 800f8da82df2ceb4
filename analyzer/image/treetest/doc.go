// Package treetest is what the tests of file systems that hold a whole tree have in common: a tree to make images of, the
// comparison of an image with it, and a fuzzer that changes words of made images.
package treetest

import '../../e2e/testbed/main.ts'

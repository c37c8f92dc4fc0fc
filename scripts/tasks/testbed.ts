// It reads its own arguments.
import '../../e2e/testbed/main.ts'

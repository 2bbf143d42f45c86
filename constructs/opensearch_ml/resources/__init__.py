"""Objects inside the engine as CloudFormation resources: one file for each."""

"""What real editors make of the schemas: Taplo, and the services that VS Code's JSON and YAML are checked by."""
